// Command validation says what the API server's own validation refuses in an object, field by field.
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
