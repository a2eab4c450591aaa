// The pages and their addresses. The one with charts is fetched when somebody goes there.

import { createRouter, createWebHashHistory } from "vue-router";
import AccountPage from "./pages/AccountPage.vue";
import BoardPage from "./pages/BoardPage.vue";
import DevicesPage from "./pages/DevicesPage.vue";
import NowherePage from "./pages/NowherePage.vue";
import ResidentsPage from "./pages/ResidentsPage.vue";

export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: "/", name: "board", component: BoardPage },
    { path: "/residents", name: "residents", component: ResidentsPage },
    { path: "/residents/:id([\\w-]+)", name: "resident", component: () => import("./pages/ResidentPage.vue"), props: true },
    { path: "/devices", name: "devices", component: DevicesPage },
    { path: "/account", name: "account", component: AccountPage },
    { path: "/:rest(.*)*", name: "nowhere", component: NowherePage },
  ],
  scrollBehavior: (to, from, saved) => (to.path === from.path ? false : (saved ?? { top: 0 })),
});
