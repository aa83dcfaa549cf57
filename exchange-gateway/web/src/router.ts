import { createRouter, createWebHistory } from 'vue-router';

export const router = createRouter({
  history: createWebHistory(),
  scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? false : { top: 0 }),
  routes: [
    { path: '/', name: 'overview', component: () => import('./pages/OverviewPage.vue') },
    { path: '/bundles', name: 'bundles', component: () => import('./pages/SearchPage.vue') },
    { path: '/bundles/:id', name: 'bundle', component: () => import('./pages/BundlePage.vue'), props: true },
    { path: '/held', name: 'held', component: () => import('./pages/HeldPage.vue') },
    { path: '/quarantine', name: 'quarantine', component: () => import('./pages/QuarantinePage.vue') },
    { path: '/voyages', name: 'voyages', component: () => import('./pages/VoyagesPage.vue') },
    { path: '/policy', name: 'policy', component: () => import('./pages/PolicyPage.vue') },
    { path: '/reconciliation', name: 'reconciliation', component: () => import('./pages/ReconciliationPage.vue') },
    { path: '/alarms', name: 'alarms', component: () => import('./pages/AlarmsPage.vue') },
    { path: '/log', name: 'log', component: () => import('./pages/LogPage.vue') },
    { path: '/:any(.*)*', name: 'not_found', component: () => import('./pages/NotFoundPage.vue') },
  ],
});
