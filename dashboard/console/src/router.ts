// The pages and their addresses. Those with charts are fetched when somebody goes there.

import { createRouter, createWebHashHistory } from "vue-router";
import BoardPage from "./pages/BoardPage.vue";
import NowherePage from "./pages/NowherePage.vue";

export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: "/", name: "board", component: BoardPage },
    { path: "/residents", name: "residents", component: () => import("./pages/ResidentsPage.vue") },
    { path: "/residents/:id([\\w-]+)", name: "resident", component: () => import("./pages/ResidentPage.vue"), props: true },
    { path: "/devices", name: "devices", component: () => import("./pages/DevicesPage.vue") },
    { path: "/account", name: "account", component: () => import("./pages/AccountPage.vue") },
    { path: "/:rest(.*)*", name: "nowhere", component: NowherePage },
  ],
  scrollBehavior: (to, from, saved) => (to.path === from.path ? false : (saved ?? { top: 0 })),
});
