import type { Key } from 'lmdb'

export declare const SUM_BYTES: number
export declare function putSum(key: Key, all: Uint8Array): void
export declare function withSum(key: Key, value: Uint8Array): Uint8Array
export declare function withoutSum(key: Key, all: Uint8Array): Uint8Array | undefined
export declare function lengthWithoutSum(all: Uint8Array | undefined): number
