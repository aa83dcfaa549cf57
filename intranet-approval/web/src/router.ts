import { createRouter, createWebHistory } from 'vue-router';

export const router = createRouter({
  history: createWebHistory(),
  scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? false : to.hash ? { el: to.hash } : { top: 0 }),
  routes: [
    { path: '/', name: 'overview', component: () => import('./pages/OverviewPage.vue'), meta: { title: 'overview' } },
    { path: '/worklist', name: 'worklist', component: () => import('./pages/WorklistPage.vue'), meta: { title: 'worklist' } },
    { path: '/cases/:id', name: 'case', component: () => import('./pages/CasePage.vue'), props: true, meta: { title: 'case' } },
    { path: '/catalogue', name: 'catalogue', component: () => import('./pages/CataloguePage.vue'), meta: { title: 'catalogue' } },
    { path: '/:any(.*)*', name: 'not-found', component: () => import('./pages/NotFoundPage.vue'), meta: { title: 'not_found' } },
  ],
});
