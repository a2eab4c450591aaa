import { createApp } from "vue";
import App from "./App.vue";
import { followMessages } from "./push";
import { router } from "./router";
import { resume } from "./session";
import "./styles";

await resume();
followMessages();
createApp(App).use(router).mount("#app");
