// The programs of an embedded lab in one binary: the name it is called by picks one. They share nearly all their code,
// so one binary is a third of the size of separate ones.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/etcdctl/v3/ctlv3"
	"go.etcd.io/etcd/server/v3/etcdmain"
	encryption "k8s.io/apiserver/pkg/server/options/encryptionconfig/controller"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

func main() {
	switch name := filepath.Base(os.Args[0]); name {
	case "etcd":
		etcdmain.Main(os.Args)
	case "etcdctl":
		ctlv3.MustStart()
	case "kube-apiserver":
		// A real cluster polls every minute; in a lab nobody should have to wait for it.
		encryption.EncryptionConfigFileChangePollDuration = time.Second
		run(apiserver.NewAPIServerCommand())
	case "kube-controller-manager":
		run(controllermanager.NewControllerManagerCommand())
	case "kube-scheduler":
		run(scheduler.NewSchedulerCommand())
	case "kwok":
		simulateKubelet()
	default:
		fmt.Fprintf(os.Stderr, "%s: not one of the programs in this binary\n", name)
		os.Exit(127)
	}
}

func run(command *cobra.Command) { os.Exit(cli.Run(command)) }
