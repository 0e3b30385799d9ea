// Command authorizers answers requests for permission as the authorizers of the Kubernetes API server do.
package main

import (
	"flag"
	"io"
	"log"
	"os"

	"k8s.io/klog/v2"

	"seawall.test/oracle/operation"
)

func main() {
	quiet()
	if err := operation.Serve(os.Stdin, os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// quiet drops the authorizers' log: what they decide is in the answers.
func quiet() {
	flags := flag.NewFlagSet("klog", flag.PanicOnError)
	klog.InitFlags(flags)
	if err := flags.Parse([]string{"-logtostderr=false", "-stderrthreshold=FATAL"}); err != nil {
		panic(err)
	}
	klog.SetOutput(io.Discard)
}
