"use strict";
// The filters, the curves and the enlarged pictures of the report. The page can be read without them.

const COLORS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00"];
const kept = {};

/** Takes the curves of one run; each file of curves calls it. */
function keepCurves(name, piece) {
  kept[name] = piece.curves;
}

/** A new element with text in it. */
function make(tag, text = "", fields = {}) {
  return Object.assign(document.createElement(tag), { textContent: text }, fields);
}

function filter(form) {
  const { paper, verdict, size, whose, reason, words } = Object.fromEntries(new FormData(form));
  const wanted = words.trim().toLowerCase();
  let found = 0;
  let total = 0;
  for (const section of document.querySelectorAll("section.figure")) {
    const title = section.querySelector("h3").textContent.toLowerCase();
    const ofPaper = !paper || paper.split(" ").includes(section.closest(".paper").id);
    let left = 0;
    const rows = section.querySelectorAll("table.claims tbody tr");
    for (const row of rows) {
      const outcomes = row.dataset.verdicts.split(" ").map((pair) => pair.split(":"));
      const judged = outcomes.some(([of, is]) => (!size || of === size) && (!verdict || is === verdict));
      const owned = !whose || (whose === "own") === ("own" in row.dataset);
      const explained = !reason || row.dataset.reasons.split(" ").includes(reason);
      const said = !wanted || title.includes(wanted) || row.textContent.toLowerCase().includes(wanted);
      row.hidden = !(ofPaper && judged && owned && explained && said);
      left += !row.hidden;
    }
    const all = !verdict && !whose && !size && !reason && (!wanted || title.includes(wanted));
    section.hidden = !ofPaper || (left === 0 && !(rows.length === 0 && all));
    total += rows.length;
    found += left;
    for (const part of section.querySelectorAll("[data-preset]")) {
      part.hidden = Boolean(size) && part.dataset.preset !== size;
    }
    for (const part of section.querySelectorAll("[data-presets]")) {
      part.hidden = Boolean(size) && !part.dataset.presets.split(" ").includes(size);
    }
  }
  for (const section of document.querySelectorAll("section.paper")) {
    section.hidden = !section.querySelector("section.figure:not([hidden])");
  }
  form.elements.found.value = `${found} of ${total} claims shown`;
}

/** Three digits of a number that was read off a curve. */
function shown(value) {
  return value === null || value === undefined ? "–" : String(Number(value.toPrecision(3)));
}

/** Where a logarithmic axis has its ticks: at powers of ten, or at 1, 2 and 5 times these if there are few. */
function ticks(chart, axis, low, high) {
  const first = Math.floor(Math.log10(low));
  const last = Math.ceil(Math.log10(high));
  const every = Math.ceil((last - first) / 6);
  const found = [];
  for (let power = first; power <= last; power += every) {
    for (const factor of last - first < 3 ? [1, 2, 5] : [1]) found.push(factor * 10 ** power);
  }
  return found.filter((value) => value >= low * 0.999 && value <= high * 1.001);
}

/** A tick in words: 0.01, 10,000, 1e-7. */
function tickText(value) {
  return value >= 1e-3 && value < 1e6 ? Number(value.toPrecision(3)).toLocaleString("en", { maximumFractionDigits: 6 }) : value.toExponential(0);
}

/** The settings of a figure beside their colors; hovering writes the values at a step into it. */
function readout(curves) {
  const table = make("table", "", { className: "readout" });
  const head = table.insertRow();
  const step = make("th", "step");
  head.append(step, make("th", "train (dashed)"), make("th", "test"));
  const cells = curves.settings.map((setting, i) => {
    const row = table.insertRow();
    const name = row.insertCell();
    const mark = make("i");
    mark.style.background = COLORS[i];
    name.append(mark, setting || "all runs");
    return [row.insertCell(), row.insertCell()];
  });
  return { table, step, cells };
}

/** The lines of one quantity, with a band for the range of the seeds on test rows. */
function linesOf(curves, quantity) {
  const data = [curves.step];
  const series = [{}];
  const bands = [];
  curves.settings.forEach((_, i) => {
    for (const split of ["train", "test"]) {
      const line = curves[quantity][split][i];
      data.push(line.median);
      series.push({ stroke: COLORS[i], width: 2, dash: split === "train" ? [5, 4] : [], spanGaps: true, points: { show: false } });
      if (!line.low || split === "train") continue;
      data.push(line.high, line.low);
      const edge = { stroke: "transparent", width: 0, spanGaps: true, points: { show: false } };
      series.push(edge, edge);
      bands.push({ series: [series.length - 2, series.length - 1], fill: COLORS[i] + "26" });
    }
  });
  if (quantity === "loss") {
    // A logarithmic axis has no place for zero.
    for (let i = 1; i < data.length; i++) data[i] = data[i].map((value) => (value > 0 ? value : null));
  }
  return { data, series, bands };
}

function plot(box, curves, quantity, out) {
  const style = getComputedStyle(document.documentElement);
  const axis = { stroke: style.getPropertyValue("--soft"), grid: { stroke: style.getPropertyValue("--line"), width: 1 } };
  // Without a filter of its own, a logarithmic axis drops ticks that it takes to be too many.
  const logarithmic = { ...axis, splits: ticks, filter: (chart, places) => places, values: (chart, places) => places.map(tickText) };
  const lines = linesOf(curves, quantity);
  const show = (chart) => {
    const at = chart.cursor.idx;
    out.step.textContent = at === null || at === undefined ? "step" : `step ${curves.step[at].toLocaleString("en")}`;
    out.cells.forEach((pair, i) => {
      ["train", "test"].forEach((split, j) => {
        const { median, low, high } = curves[quantity][split][i];
        const range = low && at !== null && at !== undefined ? ` (${shown(low[at])} to ${shown(high[at])})` : "";
        pair[j].textContent = at === null || at === undefined ? "" : shown(median[at]) + range;
      });
    });
  };
  return new uPlot(
    {
      width: box.clientWidth,
      height: 280,
      series: lines.series,
      bands: lines.bands,
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, points: { show: false } },
      scales: { x: { time: false, distr: 3, range: [curves.step[0], curves.step.at(-1)] }, y: quantity === "loss" ? { distr: 3 } : { range: [-0.03, 1.03] } },
      axes: [{ ...logarithmic, label: "step" }, { ...(quantity === "loss" ? logarithmic : axis), label: quantity, size: 66 }],
      hooks: { setCursor: [show] },
    },
    lines.data,
    box,
  );
}

function drawCurves(place) {
  const curves = kept[place.dataset.name];
  if (!curves) return;
  place.replaceChildren();
  const quantities = ["accuracy", "loss"].filter((name) => name in curves);
  const menu = make("select", "", { ariaLabel: "Quantity" });
  menu.append(...quantities.map((name) => make("option", name)));
  if (quantities.includes(place.dataset.first)) menu.value = place.dataset.first;
  const box = make("div");
  const out = readout(curves);
  const few = curves.of > curves.settings.length ? ` ${curves.settings.length} of ${curves.of} settings.` : "";
  const band = curves.seeds > 1 ? ` Medians over ${curves.seeds} seeds; bands from the lowest to the highest test value.` : "";
  place.append(menu, box, out.table, make("p", `Point at the curves to read them.${few}${band}`, { className: "note" }));
  let chart = plot(box, curves, menu.value, out);
  const again = () => {
    chart.destroy();
    chart = plot(box, curves, menu.value, out);
  };
  menu.addEventListener("change", again);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  new ResizeObserver(() => {
    if (box.clientWidth && box.clientWidth !== chart.width) chart.setSize({ width: box.clientWidth, height: 280 });
  }).observe(box);
}

document.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("filters");
  form.addEventListener("input", () => filter(form));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => filter(form)));
  filter(form);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (!link) return;
    if (link.matches(".chosen")) {
      // The filters are applied after the reset, with these choices.
      form.reset();
      for (const [name, choice] of Object.entries(link.dataset)) form.elements[name].value = choice;
    } else if (document.getElementById(link.hash.slice(1)).closest("[hidden]")) {
      form.reset();
      filter(form);
    }
  });

  const waiting = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        waiting.unobserve(target);
        drawCurves(target);
      }
    },
    { rootMargin: "600px" },
  );
  for (const place of document.querySelectorAll(".curves")) waiting.observe(place);
  addEventListener("beforeprint", () => {
    for (const place of document.querySelectorAll(".curves:empty")) drawCurves(place);
    for (const numbers of document.querySelectorAll(".claims details")) numbers.open = true;
  });

  const dialog = document.getElementById("large");
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".enlarge");
    if (!button) return;
    dialog.firstElementChild.src = button.firstElementChild.src;
    dialog.firstElementChild.alt = button.firstElementChild.alt;
    dialog.showModal();
  });
  dialog.addEventListener("click", () => dialog.close());
});
