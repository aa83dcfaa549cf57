// The portal's pages. Each is fetched when it is first gone to; where a person needs an account, the way leads through the login and on.
import { nextTick } from 'vue';
import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router';
import { i18n } from './language.ts';
import { session, whoIsHere } from './session.ts';

declare module 'vue-router' {
  interface RouteMeta {
    readonly title: string; // key
    readonly account?: true;
  }
}

const routes: RouteRecordRaw[] = [
  { path: '/', name: 'home', component: () => import('./pages/HomePage.vue'), meta: { title: 'home.title' } },
  { path: '/items/:id', name: 'item', component: () => import('./pages/ItemPage.vue'), props: true, meta: { title: 'item.title' } },
  { path: '/login', name: 'login', component: () => import('./pages/LoginPage.vue'), meta: { title: 'login.title' } },
  { path: '/register', name: 'register', component: () => import('./pages/RegisterPage.vue'), meta: { title: 'register.title' } },
  { path: '/recover', name: 'recover', component: () => import('./pages/RecoverPage.vue'), meta: { title: 'recover.title' } },
  { path: '/apply/:item/:declaration?', name: 'apply', component: () => import('./pages/ApplyPage.vue'), props: true, meta: { title: 'apply.title', account: true } },
  { path: '/my', name: 'mine', component: () => import('./pages/MinePage.vue'), meta: { title: 'mine.title', account: true } },
  { path: '/my/:declaration', name: 'declaration', component: () => import('./pages/DeclarationPage.vue'), props: true, meta: { title: 'declaration.title', account: true } },
  { path: '/check/:code?', name: 'check', component: () => import('./pages/CheckPage.vue'), props: true, meta: { title: 'check.title' } },
  { path: '/help', name: 'help', component: () => import('./pages/HelpPage.vue'), meta: { title: 'help.title' } },
  { path: '/:path(.*)*', name: 'missing', component: () => import('./pages/MissingPage.vue'), meta: { title: 'missing.title' } },
];

export const router = createRouter({
  history: createWebHistory(),
  routes,
  scrollBehavior: (to, from, saved) => saved ?? (to.hash ? { el: to.hash } : to.path === from.path ? false : { top: 0 }),
});

router.beforeEach(async (to) => {
  if (!to.meta.account) return true;
  await whoIsHere();
  return session.account ? true : { name: 'login', query: { next: to.fullPath } };
});

// A page that was built anew meanwhile is not found under its old name: the new release is fetched. Without a network nothing is, and the page stays as it is.
router.onError((error: Error, to) => {
  if (/dynamically imported module|preload|module script/i.test(error.message) && navigator.onLine) location.assign(to.fullPath);
});

// A page may know a better name than its route: an item's, a number.
export function titlePage(name?: string): void {
  const { t } = i18n.global;
  const own = name ?? t(router.currentRoute.value.meta.title);
  document.title = router.currentRoute.value.name === 'home' && !name ? t('site.title') : `${own} – ${t('site.name')}`;
}

// Where a new page begins, a screen reader is told by the focus; the first page of a visit begins at its top by itself.
let visited = false;
router.afterEach(async (to, from, failure) => {
  if (failure) return;
  titlePage();
  if (visited && to.path !== from.path) {
    await nextTick();
    focusHeading();
  }
  visited = true;
});
export function focusHeading(): void {
  document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true });
}
