/** Who is signed in: all tabs of this browser agree on it, and one that is left behind says so. */

const KEY = "medialoom.account";

/** The account that this page was made for, "" on the pages for everybody. */
export const account = document.body.dataset.account ?? "";

if (localStorage.getItem(KEY) !== account) localStorage.setItem(KEY, account); // the others hear it
addEventListener("storage", ({ key, newValue }) => {
  const isOver = key === KEY && newValue !== account;
  if (account && isOver) document.dispatchEvent(new CustomEvent("medialoom:signed-out"));
});
document.addEventListener("submit", ({ target }) => {
  if (new URL(target.action).pathname === "/logout/") forgetUploads();
});

/** Begin the key of what this browser keeps of one's unfinished uploads for one purpose. */
export function uploadsKey(purpose = "") {
  return `medialoom:${account}:${purpose}`;
}

/** Forget one's unfinished uploads: whoever uses this browser next learns no name of a file. */
export function forgetUploads() {
  const mine = `tus::${uploadsKey()}`;
  Object.keys(localStorage).filter((key) => key.startsWith(mine)).forEach((key) => localStorage.removeItem(key));
}
