/**
 * Translations of the page's own texts. `chatsite/catalog.js` is the catalog of the page's language (the import map
 * decides which): {plural: n => index, messages: {text: translation or [plural forms]}}; empty for English.
 *
 * Texts are whole sentences with named placeholders: gettext("You’ve muted %(name)s.", { name }).
 */

import catalog from "chatsite/catalog.js";

export function gettext(text, values) {
  return fill(catalog.messages[text] ?? text, values);
}

/** Chooses the plural form for `count`, which the texts name as %(count)s; it is shown in the page's number format. */
export function ngettext(one, many, count, values) {
  const forms = catalog.messages[one] ?? [one, many];
  const form = forms[catalog.messages[one] ? catalog.plural(count) : Number(count !== 1)] ?? forms[0];
  return fill(form, { count: formatNumber(count), ...values });
}

/** The same text with another meaning: `context` tells translators which. */
export function pgettext(context, text, values) {
  return fill(catalog.messages[`${context}\u0004${text}`] ?? text, values);
}

const pageLanguage = globalThis.document?.documentElement?.lang;

/** The page's language for Intl, in the browser's variant of it ("en-GB" on an "en" page); in Node the runtime's own. */
export const language =
  (pageLanguage && navigator.languages.find((each) => each.startsWith(`${pageLanguage}-`))) || pageLanguage || undefined;

export function formatNumber(number) {
  return number.toLocaleString(language);
}

/** "Ana, Mira, and Yuki" */
export function formatList(items) {
  return new Intl.ListFormat(language).format(items);
}

function fill(text, values) {
  return values ? text.replace(/%\((\w+)\)s/g, (whole, name) => values[name] ?? whole) : text;
}
