/**
 * Translations of the page's own texts. The import map maps `chatsite/catalog.js` to the catalog of the page's language:
 * {plural: n => index, messages: {text: translation or [plural forms]}}. The catalog for English is empty.
 *
 * Texts are complete sentences with named placeholders: gettext("You’ve muted %(name)s.", { name }).
 */

import catalog from "chatsite/catalog.js";

export function gettext(text, values) {
  return fill(catalog.messages[text] ?? text, values);
}

/** Chooses the plural form for `count`, which replaces %(count)s in the texts, in the page's number format. */
export function ngettext(one, many, count, values) {
  const forms = catalog.messages[one] ?? [one, many];
  const form = forms[catalog.messages[one] ? catalog.plural(count) : Number(count !== 1)] ?? forms[0];
  return fill(form, { count: formatNumber(count), ...values });
}

/** Translates a text that has several meanings. `context` describes the meaning to translators. */
export function pgettext(context, text, values) {
  return fill(catalog.messages[`${context}\u0004${text}`] ?? text, values);
}

const pageLanguage = globalThis.document?.documentElement?.lang;

/** The page's language for Intl, as the browser's regional variant ("en-GB" on an "en" page), or Node's default in Node. */
export const language =
  (pageLanguage && navigator.languages.find((each) => each.startsWith(`${pageLanguage}-`))) || pageLanguage || undefined;

const RIGHT_TO_LEFT = "\\u0590-\\u08FF\\uFB1D-\\uFDFF\\uFE70-\\uFEFC";
const isRightToLeft = globalThis.document?.documentElement.dir === "rtl";
const OTHER_DIRECTION = new RegExp(isRightToLeft ? `[^${RIGHT_TO_LEFT}\\P{L}]` : `[${RIGHT_TO_LEFT}]`, "u");

export function formatNumber(number) {
  return number.toLocaleString(language);
}

/** Returns a list such as "Ana, Mira, and Yuki". */
export function formatList(items) {
  return new Intl.ListFormat(language).format(items.map(isolate));
}

function fill(text, values) {
  return values ? text.replace(/%\((\w+)\)s/g, (whole, name) => isolate(values[name] ?? whole)) : text;
}

/** Keeps a name that is written in the other direction from reordering the words around it. */
function isolate(value) {
  return OTHER_DIRECTION.test(value) ? `\u2068${value}\u2069` : value;
}
