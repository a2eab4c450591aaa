declare module "swagger-ui-dist/swagger-ui-bundle.js" {
  const start: (settings: Record<string, unknown>) => unknown;
  export default start;
}
