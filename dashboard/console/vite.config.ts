import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import vue from "@vitejs/plugin-vue";
import { defineConfig, type Plugin } from "vite";

/** The policy of our pages allows no picture in a style sheet's text; the one that shows the API has some. */
function noPicturesInStyles(): Plugin {
  return {
    name: "no-pictures-in-styles",
    enforce: "pre",
    transform(code, id) {
      return id.endsWith("swagger-ui.css") ? code.replace(/url\(["']?data:[^)]*\)/g, "none") : null;
    },
  };
}

/** Beside each file that is worth it a packed one, so that the server need not pack it anew each time. */
function packed(): Plugin {
  let folder = "";
  return {
    name: "packed",
    apply: "build",
    configResolved(config) {
      folder = join(config.build.outDir, "assets");
    },
    writeBundle() {
      for (const name of readdirSync(folder)) {
        const content = readFileSync(join(folder, name));
        if (content.length > 1024) writeFileSync(join(folder, `${name}.gz`), gzipSync(content, { level: 9 }));
      }
    },
  };
}

const ONLY_THERE =
  /uplot|jsqr|swagger|\/src\/(?:main|docs)\.ts|\/src\/(?:charts|day)\/|ResidentPage|NightsTable|NowValues|PastAlerts/;
const isOfTheFrame = (id: string): boolean => !ONLY_THERE.test(id) && !id.endsWith(".html");

export default defineConfig({
  base: "/static/",
  plugins: [vue(), noPicturesInStyles(), packed()],
  server: { fs: { allow: [".."] } },
  build: {
    assetsInlineLimit: 0, // nothing may be in the text of another file
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: ["index.html", "docs.html"],
      // Few files that are there at once, and the charts when somebody wants them; a file for each module would be slower.
      output: { codeSplitting: { groups: [{ name: "console", test: isOfTheFrame }] } },
    },
    chunkSizeWarningLimit: 2000, // swagger-ui, only on /docs
  },
});
