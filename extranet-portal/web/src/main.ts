import '@common/style/tokens.css';
import './style/portal.css';
import { createApp } from 'vue';
import App from './App.vue';
import { i18n, speak } from './language.ts';
import { router } from './router.ts';
import { whoIsHere } from './session.ts';

await speak();
createApp(App).use(i18n).use(router).mount('#app');
// Who is here is shown in the header; where that is not known, the pages that need it ask again.
whoIsHere().catch(() => undefined);
