/** Preferences that the server needs too when it draws the page. */

const A_YEAR = 31_536_000;

/** Returns {get(), set(text)} for a cookie, whose text may consist of letters, digits, dots, hyphens and underscores. */
export function cookieStore(name) {
  return {
    get: () => new RegExp(`(?:^|;\\s*)${name}=([\\w.-]*)`).exec(document.cookie)?.[1] ?? "",
    set: (text) => {
      const secure = location.protocol === "https:" ? "; secure" : "";
      document.cookie = `${name}=${text}; path=/; max-age=${A_YEAR}; samesite=lax${secure}`;
    },
  };
}
