/** What this program's imports cost a preview: all of them, and nothing else of it. */
import "../../../../index";
