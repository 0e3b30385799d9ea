// Command objects answers questions about single objects: YAML, label selectors, quantities, Pod Security Standards.
package main

import (
	"log"
	"os"

	"seawall.test/oracle/operation"
)

func main() {
	if err := operation.Serve(os.Stdin, os.Stdout); err != nil {
		log.Fatal(err)
	}
}
