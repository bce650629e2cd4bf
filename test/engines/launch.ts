import { Chromium } from './chromium.js'
import type { Engine, EngineName, LaunchOptions } from './engine.js'
import { Firefox } from './firefox.js'
import { WebKit } from './webkit.js'

const engines = { chromium: Chromium, firefox: Firefox, webkit: WebKit }

export const launchEngine = (name: EngineName, options: LaunchOptions = {}): Promise<Engine> =>
  engines[name].launch(options)
