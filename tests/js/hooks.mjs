/** The resolve hook for resolve.mjs, which Node runs in its loader thread. */

const root = new URL("../../static/js/", import.meta.url);

export function resolve(specifier, context, next) {
  if (!specifier.startsWith("chatsite/")) return next(specifier, context);
  return { url: new URL(specifier.slice("chatsite/".length), root).href, format: "module", shortCircuit: true };
}
