/** The `Date` header's value, made once a second. Worker thread. */

let builtForSecond = -1;
let date = '';

/** Now as IMF-fixdate, 29 characters. The same string object for all calls within one second. */
export function httpDate(): string {
  const second = Math.floor(Date.now() / 1000);
  if (second !== builtForSecond) {
    builtForSecond = second;
    date = new Date(second * 1000).toUTCString();
  }
  return date;
}
