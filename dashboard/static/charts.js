// Draws each chart from its own address. The expression interpreter needs no eval, which the policy of the page forbids.
// This file runs before Vega is there: what is to be drawn is fetched meanwhile.
const ready = new Promise((resolve) => { document.addEventListener("DOMContentLoaded", resolve); });
for (const place of document.querySelectorAll(".vega")) {
  fetch(place.dataset.spec, { credentials: "same-origin" })
    .then((answer) => answer.json())
    .then((spec) => ready.then(() => spec))
    .then((spec) => {
      // A single chart takes the width of the page; small multiples keep theirs, as many in a row as there is room for.
      const one = spec.facet?.row ? spec.spec : spec;
      if (spec.columns) {
        spec.spec.width = Math.min(spec.spec.width, place.clientWidth - 60);
        spec.columns = Math.max(1, Math.min(spec.columns, Math.floor((place.clientWidth - 30) / (spec.spec.width + 20))));
      } else if (spec.layer) {
        // What is written beside the lines takes its part of the width; names of events that would meet are left to the rules.
        spec.width = Math.max(240, Math.min(1120, place.clientWidth));
        spec.autosize = { type: "fit-x", contains: "padding" };
        if (place.clientWidth < 640) spec.layer = spec.layer.filter((layer) => layer.encoding?.y?.scale !== null);
      } else if (one.width) one.width = Math.max(160, Math.min(1000, place.clientWidth - Number(place.dataset.margin)));
      return vegaEmbed(place, spec, {
        actions: false, ast: true, logLevel: 1, defaultStyle: false, renderer: "canvas", tooltip: { disableDefaultStyle: true },
      });
    })
    .catch((error) => { place.textContent = String(error); });
}
