/** The resolve hook for resolve.mjs, which Node runs in its loader thread. */

const root = new URL("../../static/", import.meta.url);

export function resolve(specifier, context, next) {
  if (!specifier.startsWith("chatsite/")) return next(specifier, context);
  const name = specifier.slice("chatsite/".length);
  return { url: new URL(name.startsWith("vendor/") ? name : `js/${name}`, root).href, format: "module", shortCircuit: true };
}
