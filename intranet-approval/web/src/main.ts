// The officials' workbench.
import '@common/style/tokens.css';
import './styles/tokens.css';
import './element.ts';
import './styles/workbench.css';
import './styles/print.css';
import { createApp } from 'vue';
import App from './App.vue';
import { i18n, restoreLanguage } from './languages/index.ts';
import { router } from './router.ts';

// A part of the program that did not come (the network changed, or a new version was installed meanwhile) comes with a new start of the page; once, not for ever.
const restartedKey = 'jindu.workbench.restarted';
addEventListener('vite:preloadError', () => {
  const before = Number(sessionStorage.getItem(restartedKey) ?? 0);
  if (Date.now() - before < 60_000) return;
  sessionStorage.setItem(restartedKey, String(Date.now()));
  location.reload();
});

await restoreLanguage();
createApp(App).use(i18n).use(router).mount('#app');
