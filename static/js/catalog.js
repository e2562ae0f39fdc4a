/** The empty catalog: English, the language of the source. Other languages have modules of their own. */
export default { plural: (count) => Number(count !== 1), messages: {} };
