// @ts-check
"use strict";

/** Realm data by GraphQL on /graphql, in a package of its own. Runs on Node.js 8. */
const { EX_CONFIG, fatal } = require("./member");

exports.graphql = () => {
  // Its explorer is a page with scripts from a public CDN and the caller's token in it.
  const settings = { disableExplorer: true };
  try {
    const { GraphQLService } = require("realm-graphql-service");
    return new GraphQLService(settings);
  } catch (error) {
    return fatal(`GraphQL is asked for, and realm-graphql-service is not installed: ${error}`, EX_CONFIG);
  }
};
