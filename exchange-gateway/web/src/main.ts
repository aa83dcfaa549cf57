// The operators' console of one unit.
import '@common/style/tokens.css';
import './element.ts';
import './styles/console.css';
import { createApp } from 'vue';
import App from './App.vue';
import { i18n, restoreLanguage } from './languages/index.ts';
import { router } from './router.ts';

await restoreLanguage();
createApp(App).use(i18n).use(router).mount('#app');
