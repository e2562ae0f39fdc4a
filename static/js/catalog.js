/** The empty catalog for English, the language of the source. Other languages have their own modules. */
export default { plural: (count) => Number(count !== 1), messages: {} };
