// SPDX-License-Identifier: Apache-2.0
//
// environments lists the environments of the default gateway: name, number of snapshots, and
// when they were finalized, if they were.
package main

import (
	"context"
	"fmt"
	"log"
	"time"

	"stateserver/examples/connection"
	pb "stateserver/examples/statepb"
)

func printAll(environments []*pb.EnvironmentSummary) {
	for _, environment := range environments {
		finalized := "-"
		if environment.FinalizedTs != nil {
			finalized = time.Unix(*environment.FinalizedTs/1000, 0).UTC().Format("2006-01-02 15:04:05")
		}
		fmt.Printf("%s\t%d\t%s\n", environment.Name, environment.Snapshots, finalized)
	}
}

func main() {
	channel, err := connection.Connect()
	if err != nil {
		log.Fatal(err)
	}
	defer channel.Close()
	service := pb.NewStateServiceClient(channel)
	request := &pb.ListEnvironmentsRequest{}
	for {
		var page *pb.ListEnvironmentsResponse
		err = connection.Retrying(func() (err error) {
			deadline, cancel := context.WithTimeout(connection.Context(), 10*time.Second)
			defer cancel()
			page, err = service.ListEnvironments(deadline, request)
			return err
		})
		if err != nil {
			log.Fatal(err)
		}
		printAll(page.Environments)
		if page.NextPageToken == "" {
			return
		}
		request.PageToken = page.NextPageToken
	}
}
