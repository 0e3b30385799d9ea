import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** Where the console looks for its API while it is developed; the fixture server listens here. */
const API = process.env.SEAWALL_URL ?? "http://127.0.0.1:7071";

/** Writes `X.gz` and `X.br` beside every text asset, so that the server compresses nothing while it answers. */
function precompressed(): Plugin {
  return {
    name: "seawall-precompressed",
    apply: "build",
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        for (const [name, output] of Object.entries(bundle)) {
          if (!/\.(js|css|html|svg)$/.test(name)) continue;
          const bytes = Buffer.from(output.type === "chunk" ? output.code : output.source);
          if (bytes.length < 1024) continue;
          this.emitFile({ type: "asset", fileName: `${name}.gz`, source: gzipSync(bytes, { level: 9 }) });
          const quality = { [constants.BROTLI_PARAM_QUALITY]: 11 };
          this.emitFile({
            type: "asset",
            fileName: `${name}.br`,
            source: brotliCompressSync(bytes, { params: quality }),
          });
        }
      },
    },
  };
}

export default defineConfig({
  plugins: [react(), precompressed()],
  resolve: { alias: { "~": new URL("./src", import.meta.url).pathname } },
  build: {
    outDir: "../src/seawall/web/static",
    emptyOutDir: true,
    target: "es2022",
    // An inlined asset is a data: address, which the content security policy refuses for fonts and workers.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 600,
  },
  worker: { format: "es" },
  server: { proxy: { "/api": API, "/login": API } },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
