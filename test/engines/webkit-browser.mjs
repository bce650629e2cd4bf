/**
 * The smallest browser on WebKitGTK that keeps a profile; run by gjs, on the library that Debian's browsers use. (Its
 * MiniBrowser keeps nothing on the disk while it is automated.) A command is a line of JSON on stdin, answered on stdout
 * by its id; in between comes what pages tell. Ends with its stdin.
 *
 * Argument: the folder of the profile.
 */
import Gio from 'gi://Gio'
import GLib from 'gi://GLib'
import Gtk from 'gi://Gtk?version=3.0'
import WebKit from 'gi://WebKit2?version=4.1'
import System from 'system'

Gtk.init(null)
const [profile] = System.programArgs
const website_data_manager = new WebKit.WebsiteDataManager({
  base_data_directory: `${profile}/data`,
  base_cache_directory: `${profile}/cache`,
})
const web_context = new WebKit.WebContext({ website_data_manager })
/** Windows and what is in them, by the numbers that they were given. */
const pages = new Map()

const output = new Gio.UnixOutputStream({ fd: 1 })
const tell = (message) => output.write_all(new TextEncoder().encode(`${JSON.stringify(message)}\n`), null)

/** What each command does; what it gives back, or is thrown, is the answer. */
const commands = {
  open({ page, scripts }) {
    const { ALL_FRAMES } = WebKit.UserContentInjectedFrames
    const { START } = WebKit.UserScriptInjectionTime
    const user_content_manager = new WebKit.UserContentManager()
    user_content_manager.register_script_message_handler('hearth')
    user_content_manager.connect('script-message-received::hearth', (_, result) =>
      tell({ page, ...JSON.parse(result.get_js_value().to_string()) }),
    )
    for (const script of scripts)
      user_content_manager.add_script(new WebKit.UserScript(script, ALL_FRAMES, START, null, null))
    const view = new WebKit.WebView({ web_context, user_content_manager })
    view.connect('web-process-terminated', () => tell({ page, gone: true }))
    const window = new Gtk.Window({ default_width: 1200, default_height: 800 })
    window.add(view)
    window.show_all()
    pages.set(page, { view, window })
  },

  load: ({ page, url }) =>
    new Promise((resolve, reject) => {
      const { view } = pages.get(page)
      const handlers = [
        view.connect('load-changed', (_, event) => event === WebKit.LoadEvent.FINISHED && end(resolve)),
        view.connect('load-failed', (_, __, uri, error) =>
          end(reject, new Error(`${uri}: ${error.message}`)),
        ),
        view.connect('web-process-terminated', () =>
          end(reject, new Error('The process of the page is gone.')),
        ),
      ]
      const end = (settle, value) => {
        for (const handler of handlers) view.disconnect(handler)
        settle(value)
      }
      view.load_uri(url)
    }),

  /** The body of an async function, whose result is text. */
  run: ({ page, body }) =>
    new Promise((resolve, reject) => {
      const { view } = pages.get(page)
      view.call_async_javascript_function(body, -1, null, null, null, null, (_, result) => {
        try {
          resolve(view.call_async_javascript_function_finish(result).to_string())
        } catch (error) {
          reject(error)
        }
      })
    }),

  close({ page }) {
    const { window } = pages.get(page)
    pages.delete(page)
    window.destroy()
  },

  crash: ({ page }) =>
    new Promise((resolve) => {
      const { view } = pages.get(page)
      view.connect('web-process-terminated', () => resolve())
      view.terminate_web_process()
    }),

  clear: () =>
    new Promise((resolve, reject) => {
      website_data_manager.clear(WebKit.WebsiteDataTypes.ALL, 0, null, (_, result) => {
        try {
          resolve(website_data_manager.clear_finish(result))
        } catch (error) {
          reject(error)
        }
      })
    }),
}

const input = new Gio.DataInputStream({ base_stream: new Gio.UnixInputStream({ fd: 0 }) })
const next = () =>
  input.read_line_async(GLib.PRIORITY_DEFAULT, null, (_, result) => {
    const [line] = input.read_line_finish_utf8(result)
    if (line === null) return Gtk.main_quit()
    void answer(JSON.parse(line))
    next()
  })

async function answer({ id, command, ...rest }) {
  try {
    tell({ id, value: await commands[command](rest) })
  } catch (error) {
    tell({ id, error: error.message })
  }
}

next()
Gtk.main()
