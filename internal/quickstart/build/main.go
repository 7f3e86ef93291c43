// Command build makes the quickstart's archive of pictures, names and questions.
package main

func main() {}
