/** Stand-in for pulumi-language-nodejs: runs Node.js programs for the engine. It does not generate code. */
import { spawn } from "node:child_process";
import type { ServerWritableStream } from "@grpc/grpc-js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import * as pb from "@pulumi/pulumi/proto/language_pb";
import { PackageDependency, PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { versionOf } from "../core/version";
import { serve, unary } from "../core/serve";
import { dependencies, requiredPackages } from "./packages";
import { run } from "./run";

const [engineAddress = ""] = process.argv.slice(2).filter((argument) => !argument.startsWith("-"));

void serve(LanguageRuntimeService, () => ({
  handshake: unary(() => new pb.LanguageHandshakeResponse()),
  getPluginInfo: unary(() => {
    const info = new PluginInfo();
    info.setVersion(versionOf("@pulumi/pulumi"));
    return info;
  }),
  getRequiredPackages: unary((request: pb.GetRequiredPackagesRequest) => {
    const response = new pb.GetRequiredPackagesResponse();
    for (const { name, version, server } of requiredPackages(request.getInfo()!.getProgramDirectory())) {
      const dependency = new PackageDependency();
      dependency.setName(name);
      dependency.setKind("resource");
      dependency.setVersion(version);
      if (server) dependency.setServer(server);
      response.addPackages(dependency);
    }
    return response;
  }),
  run: unary((request: pb.RunRequest) => run(request, engineAddress)),
  about: unary(() => {
    const response = new pb.AboutResponse();
    response.setExecutable(process.execPath);
    response.setVersion(process.version);
    return response;
  }),
  getProgramDependencies: unary((request: pb.GetProgramDependenciesRequest) => {
    const response = new pb.GetProgramDependenciesResponse();
    for (const { name, version } of dependencies(
      request.getInfo()!.getProgramDirectory(),
      request.getTransitivedependencies(),
    )) {
      const dependency = new pb.DependencyInfo();
      dependency.setName(name);
      dependency.setVersion(version);
      response.addDependencies(dependency);
    }
    return response;
  }),
  installDependencies: (call: ServerWritableStream<pb.InstallDependenciesRequest, pb.InstallDependenciesResponse>) => {
    const npm = spawn("npm", ["install"], { cwd: call.request.getDirectory(), stdio: ["ignore", "pipe", "pipe"] });
    const forward = (set: (response: pb.InstallDependenciesResponse, chunk: Buffer) => void) => (chunk: Buffer) => {
      const response = new pb.InstallDependenciesResponse();
      set(response, chunk);
      call.write(response);
    };
    npm.stdout.on(
      "data",
      forward((response, chunk) => response.setStdout(chunk)),
    );
    npm.stderr.on(
      "data",
      forward((response, chunk) => response.setStderr(chunk)),
    );
    npm.once("error", (error) => call.destroy(error));
    npm.once("close", (code) =>
      code === 0 ? call.end() : call.destroy(new Error(`npm install ended with exit code ${code}`)),
    );
  },
  cancel: unary(() => new Empty()),
}));
