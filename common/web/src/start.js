// Stands before every front-end, as a script by itself: a part of the program that does not come (the network changed, or a new release was
// installed meanwhile) is fetched again, a few times and each time later. What index.html shows until then stays when that does not help either.
(function () {
  'use strict';
  var key = 'jindu.starts', most = 3;
  function runs() {
    var app = document.getElementById('app');
    return app !== null && app.hasAttribute('data-v-app'); // which Vue sets
  }
  function again() {
    if (runs()) return;
    try {
      var before = Number(sessionStorage.getItem(key) || 0);
      if (before >= most) return;
      sessionStorage.setItem(key, String(before + 1));
    } catch (blocked) {
      return; // nobody would count: better not at all than for ever
    }
    setTimeout(function () { if (!runs()) location.reload(); }, 500 * Math.pow(2, before));
  }
  addEventListener('error', function (event) {
    if (event.target instanceof HTMLScriptElement || event.target instanceof HTMLLinkElement) again();
  }, true);
  addEventListener('unhandledrejection', again);
  addEventListener('load', function () {
    setTimeout(function () {
      try { if (runs()) sessionStorage.removeItem(key); } catch (blocked) { /* nothing was counted */ }
    }, 5000);
  });
})();
