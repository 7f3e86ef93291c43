// Package quickstart is the main job of pali3 at small scale: the embedded data and tokenizer model,
// and the order of steps from an archive of real pictures to a trained, scored and reported model.
//
// Each step calls the code of its own command. Only cmd imports this package.
package quickstart
