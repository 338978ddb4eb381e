"use strict";

/** Said wherever the stand-in shows: in logs, in the sync service's welcome, and as a header of its answers. */
module.exports = "STAND-IN for Realm Object Server Enterprise, not Realm's software";
