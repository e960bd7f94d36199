using Workbench.Cli;

return CommandLine.Run(args);
