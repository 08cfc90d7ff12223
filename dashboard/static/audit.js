// A key presses the button that names it; typing into a field is left alone.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || event.target.matches("input, select, textarea")) return;
  const button = document.querySelector(`button[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (button) { event.preventDefault(); button.click(); }
});

// How the interval shrinks, from its own page, a moment after the next post is there: labelling never waits for it.
const progress = document.querySelector("#progress[data-from]");
if (progress) setTimeout(() => {
  fetch(progress.dataset.from, { credentials: "same-origin" })
    .then((answer) => answer.ok ? answer.text() : Promise.reject(new Error(answer.statusText)))
    .then((text) => {
      const found = new DOMParser().parseFromString(text, "text/html").querySelector("#progress");
      if (found) progress.append(...found.children);
    })
    .catch(() => {});
}, 500);
