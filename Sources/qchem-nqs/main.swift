internal import CommandLineTool

CommandLineTool.main()
