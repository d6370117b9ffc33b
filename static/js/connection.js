/** What the page says about its connection: one polite line, empty while all is well. */

const GRACE_MS = 600; // a renewal that is over sooner is nobody's business
const FAREWELL_MS = 4_000;
const WORDS = {
  lost: "Live updates are interrupted. Reconnecting; meanwhile this page asks every few seconds.",
  unreachable: "The server cannot be reached. Trying again until it can.",
  open: "Live again.",
};

/** Return the function that takes the states of a `LiveSocket`. */
export function connectionLine(place = document.getElementById("connection")) {
  let shown = "open";
  let grace;
  let farewell;
  const show = (state) => {
    shown = state;
    clearTimeout(farewell);
    place.replaceChildren(line(state));
    if (state === "open") farewell = setTimeout(() => place.replaceChildren(), FAREWELL_MS);
  };
  return (state) => {
    clearTimeout(grace);
    document.documentElement.dataset.connection = state;
    if (state === shown) return;
    if (shown === "open" && state === "lost") grace = setTimeout(() => show(state), GRACE_MS);
    else show(state);
  };
}

function line(state) {
  const paragraph = document.createElement("p");
  paragraph.dataset.state = state;
  if (state !== "signed-out") {
    paragraph.textContent = WORDS[state];
    return paragraph;
  }
  const link = document.createElement("a");
  link.href = `/login/?next=${encodeURIComponent(location.pathname)}`;
  link.textContent = "Sign in again";
  paragraph.append("Your session has ended. ", link);
  return paragraph;
}
