//===- FileTest.cpp - output files appear complete or not at all ------------------------------===//
#include "Files.h"

#include "dprt/file.h"

#include <gtest/gtest.h>

#include <csignal>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace dprt;
using files::Folder;

TEST(OutputFile, AppearsWithCommit) {
  Folder folder;
  {
    Result<OutputFile> file = OutputFile::create(folder / "a");
    ASSERT_TRUE(file.ok()) << file.status().text();
    EXPECT_TRUE(file->write("one ").ok());
    EXPECT_TRUE(file->write("two").ok());
    EXPECT_FALSE(std::filesystem::exists(folder / "a"));
    EXPECT_TRUE(file->commit().ok());
  }
  EXPECT_EQ(files::read(folder / "a"), "one two");
  EXPECT_EQ(folder.entries(), 1u);
}

TEST(OutputFile, WithoutCommitTheOldFileStays) {
  Folder folder;
  files::write(folder / "a", "old");
  {
    Result<OutputFile> file = OutputFile::create(folder / "a");
    ASSERT_TRUE(file.ok());
    EXPECT_TRUE(file->write("new").ok());
  }
  EXPECT_EQ(files::read(folder / "a"), "old");
  EXPECT_EQ(folder.entries(), 1u);
}

TEST(OutputFile, NothingIsLeftWhenTheProcessIsKilled) {
  Folder folder;
  int probe = ::open((folder / "").c_str(), O_TMPFILE | O_WRONLY, 0666);
  if (probe < 0)
    GTEST_SKIP() << "this file system has no files without a name";
  ::close(probe);
  files::write(folder / "a", "old");
  pid_t child = ::fork();
  if (child == 0) {
    Result<OutputFile> file = OutputFile::create(folder / "a");
    (void)file->write("new");
    ::raise(SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(files::read(folder / "a"), "old");
  EXPECT_EQ(folder.entries(), 1u);
}

TEST(OutputFile, KeepsModeAndLinks) {
  Folder folder;
  files::write(folder / "real", "old");
  ::chmod((folder / "real").c_str(), 0640);
  std::filesystem::create_symlink("real", folder / "link");
  ASSERT_TRUE(writeFile(folder / "link", "new").ok());
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
  EXPECT_EQ(files::read(folder / "real"), "new");
  struct stat info;
  ::stat((folder / "real").c_str(), &info);
  EXPECT_EQ(info.st_mode & 0777, 0640u);
}

TEST(OutputFile, FailuresAreOfTheMachine) {
  Folder folder;
  for (std::string path : {folder / "missing/a", folder.path, std::string("/dev/full"),
                           std::string(), folder / "slash/"}) {
    Status status = writeFile(path, "text");
    EXPECT_EQ(status.code(), Code::Machine) << path;
    EXPECT_FALSE(status.text().empty());
  }
  EXPECT_EQ(writeFile("/dev/full", "x").text(),
            "cannot write `/dev/full`: No space left on device");
  EXPECT_EQ(folder.entries(), 0u);
}

TEST(OutputFile, ReadOnlyFolder) {
  if (::geteuid() == 0)
    GTEST_SKIP() << "root may write everywhere";
  Folder folder;
  files::write(folder / "a", "old");
  ::chmod(folder.path.c_str(), 0555);
  EXPECT_EQ(writeFile(folder / "a", "new").code(), Code::Machine);
  ::chmod(folder.path.c_str(), 0755);
  EXPECT_EQ(files::read(folder / "a"), "old");
}

TEST(OutputFile, ReadOnlyFileSystem) {
  Status status = writeFile("/proc/version-of-mine", "x");
  EXPECT_EQ(status.code(), Code::Machine);
}

TEST(OutputFile, PipesAreWrittenAtOnce) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  std::string path = "/dev/fd/" + std::to_string(ends[1]);
  EXPECT_TRUE(checkWritable(path).ok());
  ASSERT_TRUE(writeFile(path, "hello").ok());
  char buffer[16];
  EXPECT_EQ(::read(ends[0], buffer, sizeof buffer), 5);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(OutputFile, ADescriptorThatIsAFileIsNotReplaced) {
  Folder folder;
  int file = ::open((folder / "out").c_str(), O_WRONLY | O_CREAT, 0644);
  ASSERT_GE(file, 0);
  ASSERT_EQ(::write(file, "before ", 7), 7);
  std::string path = "/dev/fd/" + std::to_string(file);
  ASSERT_TRUE(writeFile(path, "inside ").ok());
  ASSERT_EQ(::write(file, "after", 5), 5);
  ::close(file);
  EXPECT_EQ(files::read(folder / "out"), "before inside after");
}

TEST(OutputFile, CheckWritableLeavesNothing) {
  Folder folder;
  EXPECT_TRUE(checkWritable(folder / "a").ok());
  EXPECT_TRUE(checkWritable("/dev/full").ok());
  EXPECT_FALSE(checkWritable(folder / "no/a").ok());
  EXPECT_EQ(folder.entries(), 0u);
}
