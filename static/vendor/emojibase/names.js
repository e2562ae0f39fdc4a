/*! emojibase-data v17.0.0 (selected by bin/emoji-data), MIT license: see LICENSE beside this file */
export const names = [];
