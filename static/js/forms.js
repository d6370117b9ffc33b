/** Forms that are sent over the API: what is wrong is said beside its field. */

/**
 * Have `send(values)` called with the form's values when it is sent.
 *
 * It resolves to the words to show, or throws a `Refusal`; meanwhile the button is off.
 */
export function onSend(form, send) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    clear(form);
    button.disabled = true;
    try {
      say(form, await send(Object.fromEntries(new FormData(form))));
    } catch (error) {
      complain(form, error);
    } finally {
      button.disabled = false;
    }
  });
}

function clear(form) {
  say(form, "");
  for (const place of form.querySelectorAll("[data-wrong]")) {
    place.hidden = true;
    form.elements[place.dataset.wrong].removeAttribute("aria-invalid");
  }
}

/** Show a refusal by field; what belongs to no field here is said below the form. */
function complain(form, error) {
  const left = { ...error.body?.errors };
  for (const place of form.querySelectorAll("[data-wrong]")) {
    const name = place.dataset.wrong;
    if (!left[name]) continue;
    place.textContent = [left[name]].flat().join(" ");
    place.hidden = false;
    form.elements[name].setAttribute("aria-invalid", "true");
    delete left[name];
  }
  const isSaidBeside = error.body?.errors && !Object.keys(left).length;
  if (!isSaidBeside) say(form, error.message, "bad");
  form.querySelector("[aria-invalid]")?.focus();
}

function say(form, words, tone = "good") {
  const place = form.querySelector("[data-outcome]");
  place.textContent = words;
  place.dataset.tone = tone;
}
