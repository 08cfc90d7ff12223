// Charts become interactive where scripts run; without them their pictures stay.
// `ast` lets Vega interpret its expressions, so that the page needs no eval.
for (const figure of document.querySelectorAll("figure[data-spec]")) {
  fetch(figure.dataset.spec, { credentials: "same-origin" })
    .then((answer) => (answer.ok ? answer.json() : Promise.reject(answer.status)))
    .then((spec) => {
      const place = document.createElement("div");
      place.className = "vega";
      const options = { ast: true, actions: false, renderer: "canvas", defaultStyle: false, tooltip: { disableDefaultStyle: true } };
      figure.append(place);
      return vegaEmbed(place, spec, options).then(() => figure.querySelector("img").remove());
    })
    .catch(() => {});
}
