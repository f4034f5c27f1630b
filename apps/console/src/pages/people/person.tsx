export default function Page() {
  return <>person</>;
}
