// The pages and their addresses. Those that not everybody needs at once are fetched when somebody goes there.

import { createRouter, createWebHashHistory } from "vue-router";
import { tabs } from "./admin/tabs";
import AccountPage from "./pages/AccountPage.vue";
import BoardPage from "./pages/BoardPage.vue";
import DevicesPage from "./pages/DevicesPage.vue";
import NowherePage from "./pages/NowherePage.vue";
import ResidentsPage from "./pages/ResidentsPage.vue";
import { notice } from "./notices";
import { may, me, type Permission } from "./session";
import { t, word } from "./words";

declare module "vue-router" {
  interface RouteMeta {
    needs?: Permission;
  }
}

export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: "/", name: "board", component: BoardPage, meta: { needs: "watch" } },
    {
      path: "/alerts/:id([\\w-]+)",
      name: "alert",
      component: () => import("./pages/AlertPage.vue"),
      props: true,
      meta: { needs: "watch" },
    },
    { path: "/held", name: "held", component: () => import("./pages/HeldPage.vue"), meta: { needs: "watch" } },
    { path: "/past", name: "past", component: () => import("./pages/PastPage.vue"), meta: { needs: "watch" } },
    {
      path: "/deletions",
      name: "deletions",
      component: () => import("./pages/DeletionsPage.vue"),
      meta: { needs: "take_out" },
    },
    { path: "/wall", name: "wall", component: () => import("./pages/WallPage.vue"), meta: { needs: "watch" } },
    { path: "/residents", name: "residents", component: ResidentsPage, meta: { needs: "read_residents" } },
    {
      path: "/residents/:id([\\w-]+)",
      name: "resident",
      component: () => import("./pages/ResidentPage.vue"),
      props: true,
      meta: { needs: "read_residents" },
    },
    { path: "/devices", name: "devices", component: DevicesPage, meta: { needs: "read_devices" } },
    {
      path: "/residents/:id([\\w-]+)/care",
      name: "care",
      component: () => import("./pages/CarePage.vue"),
      props: true,
      meta: { needs: "read_residents" },
    },
    {
      path: "/residents/:id([\\w-]+)/record",
      name: "record",
      component: () => import("./pages/RecordPage.vue"),
      props: true,
      meta: { needs: "read_residents" },
    },
    {
      path: "/residents/:id([\\w-]+)/sheet",
      name: "sheet",
      component: () => import("./pages/SheetPage.vue"),
      props: true,
      meta: { needs: "read_health" },
    },
    {
      path: "/checkins",
      name: "checkins",
      component: () => import("./pages/CheckInsPage.vue"),
      meta: { needs: "read_residents" },
    },
    {
      path: "/visits",
      name: "visits",
      component: () => import("./pages/VisitsPage.vue"),
      meta: { needs: "read_residents" },
    },
    {
      path: "/orders",
      name: "orders",
      component: () => import("./pages/OrdersPage.vue"),
      meta: { needs: "serve" },
    },
    { path: "/duty", name: "duty", component: () => import("./pages/DutyPage.vue"), meta: { needs: "watch" } },
    { path: "/shift", name: "shift", component: () => import("./pages/ShiftPage.vue"), meta: { needs: "watch" } },
    {
      path: "/shift/:id",
      name: "hand-over",
      component: () => import("./pages/HandOverPage.vue"),
      props: true,
      meta: { needs: "watch" },
    },
    { path: "/missed", name: "missed", component: () => import("./pages/MissedPage.vue"), meta: { needs: "watch" } },
    { path: "/drills", name: "drills", component: () => import("./pages/DrillsPage.vue"), meta: { needs: "drill" } },
    { path: "/scripts", name: "scripts", component: () => import("./pages/ScriptsPage.vue"), meta: { needs: "rules" } },
    {
      path: "/figures",
      name: "figures",
      component: () => import("./pages/FiguresPage.vue"),
      meta: { needs: "watch" },
    },
    {
      path: "/devices/labels",
      name: "labels",
      component: () => import("./pages/LabelsPage.vue"),
      meta: { needs: "equip" },
    },
    { path: "/account", name: "account", component: AccountPage },
    { path: "/account/tokens", name: "tokens", component: () => import("./pages/TokensPage.vue") },
    {
      path: "/accounts",
      name: "accounts",
      component: () => import("./pages/AccountsPage.vue"),
      meta: { needs: "manage_accounts" },
    },
    {
      path: "/residents/:id([\\w-]+)/kept",
      name: "kept",
      component: () => import("./admin/KeptPage.vue"),
      props: true,
      meta: { needs: "read_residents" },
    },
    {
      path: "/admin/residents",
      name: "people",
      component: () => import("./admin/PeoplePage.vue"),
      meta: { needs: "manage_residents" },
    },
    {
      path: "/admin/import",
      name: "import",
      component: () => import("./admin/ImportPage.vue"),
      meta: { needs: "manage_residents" },
    },
    {
      path: "/admin/places",
      name: "places",
      component: () => import("./admin/PlacesPage.vue"),
      meta: { needs: "manage_areas" },
    },
    { path: "/admin", name: "admin", redirect: () => (tabs()[0] ? { name: tabs()[0]!.name } : firstPage()) },
    {
      path: "/messages",
      name: "messages",
      component: () => import("./pages/MessagesPage.vue"),
      meta: { needs: "rules" },
    },
    { path: "/plans", name: "plans", component: () => import("./pages/PlansPage.vue"), meta: { needs: "rules" } },
    {
      path: "/vendors",
      name: "vendors",
      component: () => import("./pages/VendorsPage.vue"),
      meta: { needs: "manage_vendors" },
    },
    { path: "/rules", name: "rules", component: () => import("./pages/RulesPage.vue"), meta: { needs: "rules" } },
    { path: "/audit", name: "audit", component: () => import("./pages/AuditPage.vue"), meta: { needs: "read_audit" } },
    { path: "/:rest(.*)*", name: "nowhere", component: NowherePage },
  ],
  scrollBehavior: (to, from, saved) => (to.path === from.path ? false : (saved ?? { top: 0 })),
});

/** The pages in the top, in their order; after them comes the administration (admin/tabs.ts). */
export const PAGES = [
  { name: "board", words: "nav.alerts", needs: "watch" },
  { name: "wall", words: "nav.wall", needs: "watch" },
  { name: "residents", words: "nav.residents", needs: "read_residents" },
  { name: "devices", words: "nav.devices", needs: "read_devices" },
  { name: "checkins", words: "nav.checkins", needs: "read_residents" },
  { name: "visits", words: "nav.visits", needs: "read_residents" },
  { name: "orders", words: "nav.orders", needs: "serve" },
  { name: "duty", words: "nav.duty", needs: "watch" },
  { name: "figures", words: "nav.figures", needs: "watch" },
] as const;

export const firstPage = () => ({ name: PAGES.find((page) => may(page.needs))?.name ?? "account" });

// Whoever has no business on a page comes to the first of their own, and is told why; the board is where all begin.
router.beforeEach((to) => {
  const needs = to.meta.needs;
  if (!me.value || !needs || may(needs)) return true;
  const first = firstPage();
  if (to.name !== "board") {
    const page = PAGES.find((one) => one.name === first.name);
    notice(t("nav.refused", { needs: word("permission", needs), page: t(page?.words ?? "nav.account") }));
  }
  return first;
});
