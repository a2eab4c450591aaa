import { createApp } from "vue";
import App from "./App.vue";
import { router } from "./router";
import { resume } from "./session";
import "./style.css";
import "./steps.css";

await resume();
createApp(App).use(router).mount("#app");
