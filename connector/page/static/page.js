// Keys for whoever goes through many rows, and parts of a page that are fetched again while it lies open.
// Everything works without this file.
"use strict";

(() => {
  const rows = () => [...document.querySelectorAll("[data-row]")];
  const chosen = () => document.querySelector("[data-row].chosen");
  const typing = (target) => target.closest("input, textarea, select, dialog") !== null || target.isContentEditable;

  function choose(step) {
    const all = rows();
    if (all.length === 0) return;
    const before = all.indexOf(chosen());
    const next = before < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, before + step));
    all.forEach((row) => row.classList.remove("chosen"));
    all[next].classList.add("chosen");
    const target = all[next].querySelector("a, button") || all[next];
    target.focus({ preventScroll: true });
    all[next].scrollIntoView({ block: "nearest" });
    sessionStorage.setItem("row " + location.pathname, String(next));
  }

  function press(key) {
    const place = chosen() || document;
    const found = place.querySelector('[data-key="' + CSS.escape(key) + '"]');
    if (found) found.click();
    if (found && found.tagName === "SUMMARY") found.parentElement.querySelector("input:not([type=hidden]), select")?.focus();
    return found !== null;
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.body.dataset.shortcuts !== "on") return;
    if (typing(event.target)) return;
    if (event.key === "j" || event.key === "k") press(event.key) || choose(event.key === "j" ? 1 : -1);
    else if (event.key === "?") document.getElementById("keys")?.showModal();
    else if (event.key === "/" && document.getElementById("search")) document.getElementById("search").focus();
    else if (!"aesh".includes(event.key) || event.key.length !== 1 || !press(event.key)) return;
    event.preventDefault();
  });

  // After an action the page comes back: go on at the same place, so that fifty rows take one hand.
  const place = sessionStorage.getItem("row " + location.pathname);
  if (place !== null && document.querySelector(".notice") && rows().length) {
    rows()[Math.min(Number(place), rows().length - 1)].classList.add("chosen");
  }

  // What does nothing without this file is shown by it alone.
  document.querySelectorAll("[data-scripted]").forEach((part) => { part.hidden = false; });

  // A form is sent once, however often somebody presses.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", () => document.querySelectorAll("form").forEach((form) => delete form.dataset.sent));

  document.addEventListener("change", (event) => {
    const all = event.target.closest("[data-ticks]");
    if (all) document.querySelectorAll('input[name="' + CSS.escape(all.dataset.ticks) + '"]').forEach((box) => { box.checked = all.checked; });
  });

  async function refresh() {
    const parts = [...document.querySelectorAll("[data-refresh]")];
    const busy = parts.some((part) => part.contains(document.activeElement) || part.querySelector("input:checked, .chosen"));
    if (parts.length === 0 || document.hidden || busy) return;
    try {
      const answer = await fetch(location.href, { headers: { "X-Dun-Refresh": "1" } });
      if (!answer.ok || answer.redirected) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      parts.forEach((part) => {
        const newer = fresh.getElementById(part.id);
        if (newer) part.replaceWith(newer);
      });
    } catch { /* the next minute tries again */ }
  }

  // How old the books are is told whatever somebody is busy with, and what cannot be told is not left standing.
  async function renewAge() {
    const age = document.getElementById("age");
    if (!age || document.hidden) return;
    try {
      const answer = await fetch(age.dataset.from, { headers: { "X-Dun-Refresh": "1" } });
      const over = new URL(answer.url).pathname !== age.dataset.from;
      if (!over && !answer.ok) throw new Error(answer.statusText);
      age.textContent = over ? age.dataset.over : await answer.text();
    } catch { age.textContent = age.dataset.unknown; }
  }
  setInterval(() => { refresh(); renewAge(); }, 60000);
  document.addEventListener("visibilitychange", renewAge);
})();
