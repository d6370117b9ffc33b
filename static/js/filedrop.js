/** Files that are chosen in the form `send`, or dropped anywhere on the page. */

/** Have `send(files)` called with what is chosen or dropped. */
export function offerFiles(send) {
  const form = document.getElementById("send");
  form.addEventListener("submit", (event) => event.preventDefault());
  const input = document.getElementById("files");
  const chosen = () => {
    if (!input.files.length) return;
    send([...input.files]);
    input.value = "";
  };
  input.addEventListener("change", chosen);
  chosen(); // before this script had come
  addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.add("is-dropping");
  });
  addEventListener("dragleave", ({ relatedTarget }) => {
    if (!relatedTarget) document.body.classList.remove("is-dropping");
  });
  addEventListener("drop", (event) => {
    event.preventDefault();
    document.body.classList.remove("is-dropping");
    send([...event.dataTransfer.files]);
  });
}
