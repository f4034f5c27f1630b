export default function Page() {
  return <>overview</>;
}
