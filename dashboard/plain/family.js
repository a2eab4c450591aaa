// What the family's pages do more where the browser can: kept on the home screen, told by push. All else works without.
(function () {
  "use strict";
  var SEEN = "ankang-seen";
  var since = document.querySelector("[data-offline-since]");
  var seen = null;
  try {
    seen = localStorage.getItem(SEEN);
    if (!since && document.querySelector("[data-tone]")) localStorage.setItem(SEEN, String(Date.now()));
  } catch (refused) {
    // a browser that keeps nothing says less
  }
  if (since && seen) {
    var at = new Date(Number(seen));
    var two = function (number) {
      return (number < 10 ? "0" : "") + number;
    };
    since.textContent = two(at.getMonth() + 1) + "-" + two(at.getDate()) + " " + two(at.getHours()) + ":" + two(at.getMinutes());
    since.parentElement.hidden = false;
  }
  if (!("serviceWorker" in navigator) || !window.isSecureContext) return;
  navigator.serviceWorker.register("/family/sw.js", { scope: "/family" }).catch(function () {});

  var form = document.querySelector("form[data-push-key]");
  if (!form || !("PushManager" in window) || Notification.permission === "denied") return;
  form.closest("section").hidden = false;
  form.addEventListener("submit", function (event) {
    event.preventDefault();
    subscribe(form.dataset.pushKey)
      .then(function (subscription) {
        form.elements.namedItem("subscription").value = JSON.stringify(subscription);
        form.submit();
      })
      .catch(function () {
        form.querySelector("[role=alert]").hidden = false;
      });
  });

  function subscribe(key) {
    var text = atob(key.replace(/-/g, "+").replace(/_/g, "/"));
    var bytes = Uint8Array.from(text, function (letter) {
      return letter.charCodeAt(0);
    });
    return Notification.requestPermission().then(function (answer) {
      if (answer !== "granted") throw new Error(answer);
      return navigator.serviceWorker.ready.then(function (worker) {
        return worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes });
      });
    });
  }
})();
