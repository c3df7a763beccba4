/** Types of settings and options that the core's declaration does not name. */

/** HTTP headers: an object, a `Headers`, a `Map` or pairs. */
export type HeadersInit = { readonly [name: string]: string } | Iterable<readonly [string, string]>
