/** Sends the browser's time zone with forms: it decides when the day ends for a status that lasts until then. */

export const timeZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

for (const field of document.querySelectorAll('input[name="zone"]')) field.value = timeZone();
