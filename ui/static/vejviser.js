// Buttons inside a page, focus after an act, reading aloud, and the word when a session has ended.
(() => {
  const script = document.currentScript;
  const into = (id, value) => {
    const box = document.querySelector(`#${id} textarea, #${id} input`);
    if (!box) return false;
    const set = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(box), "value").set;
    set.call(box, value);
    box.dispatchEvent(new Event("input", { bubbles: true }));
    return true;
  };
  const focusWhenThere = (selector, tries = 40) => {
    const found = document.querySelector(selector);
    if (found && found.offsetParent !== null) { found.focus(); found.scrollIntoView({ block: "nearest" }); }
    else if (tries) setTimeout(() => focusWhenThere(selector, tries - 1), 50);
  };
  let editing = null;
  const acts = {
    edit: (button) => {
      editing = button.dataset.field;
      if (!into("bro-act", JSON.stringify({ act: "edit", field: editing, n: Date.now() }))) return;
      setTimeout(() => { document.querySelector("#bro-go, #bro-go button").click(); focusWhenThere("#rediger-hoved"); }, 60);
    },
    large: () => document.documentElement.classList.toggle("v-large"),
    aloud: (button) => {
      const speech = window.speechSynthesis;
      if (!speech) return;
      if (speech.speaking) { speech.cancel(); return; }
      const said = new SpeechSynthesisUtterance(document.getElementById(button.dataset.target).innerText);
      said.lang = document.documentElement.lang === "en" ? "en-GB" : "da-DK";
      speech.speak(said);
    },
  };
  document.addEventListener("click", (event) => {
    // The page has a base address, against which a bare #place would leave the case.
    const jump = event.target.closest('a[href^="#"]');
    const place = jump && document.getElementById(jump.getAttribute("href").slice(1));
    if (place) {
      event.preventDefault();
      if (!place.hasAttribute("tabindex")) place.tabIndex = -1;
      place.focus({ preventScroll: true });
      place.scrollIntoView({ block: "start" });
    }
    const button = event.target.closest("[data-act]");
    if (button && acts[button.dataset.act]) acts[button.dataset.act](button);
    const back = event.target.closest("#gem, #ukendt, #fortryd");
    if (back && editing) setTimeout(() => {
      const editor = document.getElementById("rediger");
      if (!editor || editor.offsetParent === null) focusWhenThere(`[data-act="edit"][data-field="${editing}"]`, 5);
    }, 500);
  });
  const ended = () => {
    if (document.getElementById("session-slut")) return;
    const word = document.createElement("div");
    word.id = "session-slut"; word.className = "v-ended"; word.setAttribute("role", "alert");
    const link = document.createElement("a");
    link.href = script.dataset.home; link.target = "_blank"; link.rel = "noopener"; link.textContent = script.dataset.signIn;
    word.append(script.dataset.ended + " ", link);
    document.body.prepend(word);
  };
  const fetched = window.fetch;
  window.fetch = async (...asked) => {
    const answer = await fetched(...asked);
    if (answer.status === 401) ended();
    else if (answer.ok) document.getElementById("session-slut")?.remove();
    return answer;
  };
})();
