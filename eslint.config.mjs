import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["node_modules/**"] },
  ...tseslint.configs.recommended,
  {
    files: ["**/*.ts"],
    rules: {
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
    },
  },
  {
    // What runs on the hosts is CommonJS for the Node release that Realm Object Server was made for.
    files: ["**/*.js"],
    rules: { "@typescript-eslint/no-require-imports": "off", "no-var": "off" },
  },
);
